// Stands in for Prettier where GraphiQL indents the variables and headers; keeps comments, like Prettier does.
import { applyEdits, format as edits } from 'jsonc-parser';

export const parsers = {};
export const printers = {};

export function format(text) {
  return applyEdits(text, edits(text, undefined, { tabSize: 2, insertSpaces: true, insertFinalNewline: true }));
}
