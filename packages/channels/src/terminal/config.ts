export { noSettings as TerminalConfig } from '../stream-capabilities.js';
