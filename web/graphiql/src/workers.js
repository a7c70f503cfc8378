// Tells the editor where its workers are: same-origin module scripts beside this bundle. Must be imported first.
const workers = { json: 'json.worker.js', graphql: 'graphql.worker.js' };

globalThis.MonacoEnvironment = {
  getWorker(_workerId, label) {
    const file = workers[label] ?? 'editor.worker.js';
    return new Worker(`/graphiql/${file}`, { type: 'module', name: label });
  },
};
