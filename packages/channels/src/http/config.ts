export { noSettings as HttpConfig } from '../stream-capabilities.js';
