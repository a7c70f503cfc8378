// The "Sample questions" panel: questions about the plant that is loaded, opened in a tab with one click.
import { useEffect, useState } from 'react';
import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';

/** Asks the server for sample questions with ids that exist in its store. */
async function loadSamples() {
  const response = await fetch('/graphiql/samples.json', { credentials: 'same-origin' });
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  return (await response.json()).samples ?? [];
}

/** Variables as the text of the variables editor. */
function variablesText(variables) {
  return variables && Object.keys(variables).length > 0 ? JSON.stringify(variables, null, 2) : '';
}

/** Returns a function that opens a sample in a tab of its own, or in the current one when that is empty. */
function useOpenSample(defaultQuery) {
  const { addTab } = useGraphiQLActions();
  const queryEditor = useGraphiQL(state => state.queryEditor);
  const variableEditor = useGraphiQL(state => state.variableEditor);
  return sample => {
    const current = queryEditor.getValue().trim();
    if (current !== '' && current !== defaultQuery.trim()) addTab();
    variableEditor?.setValue(variablesText(sample.variables));
    queryEditor.setValue(sample.query.trim() + '\n');
    queryEditor.focus();
  };
}

function Samples({ defaultQuery }) {
  const [samples, setSamples] = useState(null);
  const [problem, setProblem] = useState(null);
  const ready = useGraphiQL(state => Boolean(state.queryEditor && state.variableEditor));
  const open = useOpenSample(defaultQuery);
  useEffect(() => {
    loadSamples().then(setSamples, error => setProblem(error.message));
  }, []);

  let body;
  if (problem) body = <p role="alert">The sample questions could not be loaded. {problem}</p>;
  else if (!samples || !ready) body = <p>Loading …</p>;
  else if (samples.length === 0) body = <p>No lots yet. Load the demo plant or your own events, then reload this page.</p>;
  else {
    body = (
      <ol className="lotgraph-samples">
        {samples.map(sample => (
          <li key={sample.title}>
            <button type="button" className="lotgraph-sample" onClick={() => open(sample)}>
              {sample.title}
            </button>
          </li>
        ))}
      </ol>
    );
  }
  return (
    <section aria-label="Sample questions">
      <h2 className="lotgraph-heading">Sample questions</h2>
      <p className="lotgraph-hint">Pick one: it opens with its variables. Then press ▶ (Ctrl-Enter) to run it.</p>
      {body}
    </section>
  );
}

function Icon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.5" aria-hidden="true">
      <path d="M4 4h16v12H11l-5 4v-4H4z" strokeLinejoin="round" />
      <path d="M9.8 8.6a2.2 2.2 0 1 1 3.2 2c-.7.4-1 .8-1 1.4M12 13.6v.2" strokeLinecap="round" />
    </svg>
  );
}

/** The GraphiQL plugin that shows the panel. */
export function samplesPlugin(defaultQuery) {
  return { title: 'Sample questions', icon: Icon, content: () => <Samples defaultQuery={defaultQuery} /> };
}
