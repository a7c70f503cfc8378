// Runs a sample trace in GraphiQL in headless Chromium, with every request off loopback refused.
//
//   node graphiql.mjs http://127.0.0.1:8080 /tmp/graphiql.png
//
// Prints one JSON line: {"answer", "offLoopback", "consoleErrors"}. Exits with 1 when anything is off.
import { chromium } from 'playwright-core';

const WAIT = 120_000;
const RUN_BUTTON = '.graphiql-execute-button';
const FLAGS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Names resolve to nothing, so that even a request the route handler cannot see (a worker's, a prefetch) fails.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
];

function isLocal(url) {
  const { protocol, hostname } = new URL(url);
  return ['data:', 'blob:', 'about:'].includes(protocol) || ['127.0.0.1', 'localhost', '[::1]'].includes(hostname);
}

/** Aborts and records whatever leaves the machine; collects what the page complains about. */
async function watch(context, seen) {
  await context.route('**/*', route => {
    const url = route.request().url();
    if (isLocal(url)) return route.continue();
    seen.offLoopback.push(url);
    return route.abort();
  });
  context.on('request', request => {
    const url = request.url();
    if (!isLocal(url) && !seen.offLoopback.includes(url)) seen.offLoopback.push(url);
  });
  context.on('console', message => {
    if (message.type() === 'error') seen.consoleErrors.push(message.text());
  });
  context.on('weberror', error => seen.consoleErrors.push(String(error.error())));
  context.on('requestfailed', request => seen.consoleErrors.push(`failed: ${request.url()}`));
}

/** The JSON the result pane holds. Read from the editor's model: a long answer is only partly in the DOM. */
function readAnswer(page) {
  return page.evaluate(() => {
    const model = globalThis.__MONACO?.editor.getModels().find(({ uri }) => uri.path.includes('response'));
    return model?.getValue() ?? '';
  });
}

/** Picks the first sample question, runs it and returns the answer. */
async function runFirstSample(page) {
  await page.locator('.lotgraph-sample').first().click({ timeout: WAIT });
  await page.waitForFunction(() => globalThis.__MONACO?.editor.getModels().some(model => model.getValue().includes('trace(')), null, { timeout: WAIT });
  await page.locator(RUN_BUTTON).click({ timeout: WAIT });
  const shown = page.locator('.result-window .view-lines');
  await shown.getByText('"data"').first().waitFor({ timeout: WAIT });
  await page.locator('.graphiql-spinner').waitFor({ state: 'detached', timeout: WAIT });
  return readAnswer(page);
}

async function main(base, screenshot) {
  const seen = { offLoopback: [], consoleErrors: [] };
  let answer = '';
  // launch() gives the browser a fresh profile directory and removes it afterwards.
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, chromiumSandbox: false, args: FLAGS });
  try {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    await watch(context, seen);
    const page = await context.newPage();
    try {
      await page.goto(`${base}/graphiql`, { timeout: WAIT });
      answer = await runFirstSample(page);
      // The documentation explorer is filled from introspection: its button must lead to the schema.
      await page.getByRole('button', { name: 'Show Documentation Explorer' }).waitFor({ timeout: WAIT });
    } finally {
      await page.screenshot({ path: screenshot });
    }
  } catch (error) {
    seen.consoleErrors.push(String(error));
  } finally {
    await browser.close();
  }
  console.log(JSON.stringify({ answer, ...seen }));
  const fine = answer.includes('"data"') && !answer.includes('"errors"') && seen.offLoopback.length + seen.consoleErrors.length === 0;
  process.exitCode = fine ? 0 : 1;
}

const [base, screenshot] = process.argv.slice(2);
if (!base || !screenshot) {
  console.error('usage: node graphiql.mjs URL SCREENSHOT_PATH');
  process.exit(2);
}
await main(base.replace(/\/$/, ''), screenshot);
