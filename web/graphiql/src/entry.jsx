// The page at /graphiql: GraphiQL over this server's own /graphql, with sample questions and deep links.
import './workers.js';
import { createRoot } from 'react-dom/client';
import { GraphiQL, HISTORY_PLUGIN } from 'graphiql';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import './style.css';
import { fetcher } from './fetcher.js';
import { samplesPlugin } from './samples.jsx';
import { WrapLongLines } from './wrap.jsx';

const DEFAULT_QUERY = `# Ask where a lot went (FORWARD),
# or what went into it (BACKWARD).
# Sample questions are on the left.
# Ctrl-Space completes.
# Ctrl-Enter runs.
# The book icon opens the schema.
`;

/** The question a link carries: ?query=…&variables=…; null where it carries none. */
function deepLink() {
  const parameters = new URLSearchParams(window.location.search);
  let variables = parameters.get('variables');
  try {
    variables = variables && JSON.stringify(JSON.parse(variables), null, 2);
  } catch {
    // Shown as it came: the editor points at the mistake better than we could.
  }
  return { query: parameters.get('query') ?? undefined, variables: variables ?? undefined };
}

const samples = samplesPlugin(DEFAULT_QUERY);
const plugins = [samples, HISTORY_PLUGIN];
const link = deepLink();

createRoot(document.getElementById('graphiql')).render(
  <GraphiQL
    fetcher={fetcher}
    defaultQuery={DEFAULT_QUERY}
    initialQuery={link.query}
    initialVariables={link.variables}
    defaultEditorToolsVisibility="variables"
    plugins={plugins}
    visiblePlugin={samples}
  >
    <GraphiQL.Logo>
      <span className="lotgraph-name">lotgraph</span>
      <WrapLongLines />
    </GraphiQL.Logo>
  </GraphiQL>,
);
