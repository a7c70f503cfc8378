// Long lines of a question go on in the next line instead of ending at the editor's edge, which is narrow beside a panel.
import { useEffect } from 'react';
import { useGraphiQL } from '@graphiql/react';

/** Shows nothing; it stands inside GraphiQL, and stays there whichever panel is open. */
export function WrapLongLines() {
  const queryEditor = useGraphiQL(state => state.queryEditor);
  useEffect(() => queryEditor?.updateOptions({ wordWrap: 'on', wrappingIndent: 'indent' }), [queryEditor]);
  return null;
}
