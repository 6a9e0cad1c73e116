export { renderWhole as render } from '../stream/render-whole.js';
