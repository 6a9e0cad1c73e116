import type { Tool } from './contract.js';
import { applyPatch } from './apply-patch/spec.js';
import { conversations } from './conversations/spec.js';
import { currentTime } from './current-time/spec.js';
import { editFile } from './edit-file/spec.js';
import { forget } from './forget/spec.js';
import { listFiles } from './list-files/spec.js';
import { readFile } from './read-file/spec.js';
import { recall } from './recall/spec.js';
import { remember } from './remember/spec.js';
import { schedule } from './schedule/spec.js';
import { searchFiles } from './search-files/spec.js';
import { sendFile } from './send-file/spec.js';
import { shell } from './shell/spec.js';
import { writeFile } from './write-file/spec.js';

/** Every tool: a folder and a line here. What a tool does is loaded when it is first called. */
export const tools: readonly Tool[] = [
  shell,
  readFile,
  writeFile,
  editFile,
  applyPatch,
  listFiles,
  searchFiles,
  sendFile,
  currentTime,
  schedule,
  remember,
  recall,
  forget,
  conversations,
];
