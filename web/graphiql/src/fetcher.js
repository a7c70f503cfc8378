// Sends an operation to the server this page came from.

/** Posts to /graphql; an answer that is not JSON becomes an error the result pane can show. */
export async function fetcher(operation, options = {}) {
  const response = await fetch('/graphql', {
    method: 'POST',
    credentials: 'same-origin',
    headers: { ...options.headers, 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(operation),
  });
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return { errors: [{ message: `HTTP ${response.status}: ${text.slice(0, 500)}` }] };
  }
}
