export { renderWhole as render } from '../render-whole.js';
