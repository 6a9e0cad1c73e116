/** Everything the page says, in English and Simplified Chinese. */
export const languages = {
  en: {
    skip: 'Skip to the message box',
    new: 'New conversation',
    greeting: 'What can I do for you?',
    hint: 'Enter sends, Shift + Enter starts a new line.',
    ideaHelp: 'help',
    ideaAsk: 'What can you do?',
    ideaFile: 'run: uname -a',
    older: 'Earlier messages',
    log: 'Conversation',
    down: 'Go to the latest message',
    write: 'Write a message',
    stop: 'Stop',
    send: 'Send',
    attach: 'Attach files',
    detach: 'Remove {name}',
    save: 'Save {name}',
    gone: 'no longer there',
    tokenTitle: 'Access token',
    tokenWhy: 'This server asks for a token. It stays in this tab and is forgotten when you close it.',
    tokenWrong: 'This token is not known.',
    enter: 'Enter',
    connecting: 'Connecting…',
    online: 'Online',
    offline: 'Offline, trying again…',
    sending: 'Sending…',
    waiting: 'Waiting for {count} before it',
    failed: 'Not sent: {reason}',
    retry: 'Try again',
    copy: 'Copy',
    copied: 'Copied',
    image: 'image',
    toolStarted: 'running',
    toolDone: 'done',
    toolFailed: 'failed',
    you: 'You',
    assistant: 'Assistant',
    busy: 'The assistant is working',
    allow: 'Allow once',
    allowAlways: 'Allow in this conversation',
    refuse: 'Refuse',
  },
  zh: {
    skip: '跳到输入框',
    new: '新对话',
    greeting: '有什么可以帮您？',
    hint: '回车发送，Shift + 回车换行。',
    ideaHelp: 'help',
    ideaAsk: '你能做什么？',
    ideaFile: 'run: uname -a',
    older: '更早的消息',
    log: '对话',
    down: '跳到最新消息',
    write: '输入消息',
    stop: '停止',
    send: '发送',
    attach: '添加文件',
    detach: '移除 {name}',
    save: '保存 {name}',
    gone: '已不存在',
    tokenTitle: '访问令牌',
    tokenWhy: '此服务器需要令牌。令牌只保存在当前标签页，关闭后即清除。',
    tokenWrong: '令牌无效。',
    enter: '进入',
    connecting: '正在连接…',
    online: '在线',
    offline: '已断开，正在重试…',
    sending: '正在发送…',
    waiting: '前面还有 {count} 条',
    failed: '未发送：{reason}',
    retry: '重试',
    copy: '复制',
    copied: '已复制',
    image: '图片',
    toolStarted: '运行中',
    toolDone: '完成',
    toolFailed: '失败',
    you: '您',
    assistant: '助手',
    busy: '助手正在处理',
    allow: '允许一次',
    allowAlways: '在本次对话中允许',
    refuse: '拒绝',
  },
};

/** The page's language: the first of the browser's that there is. */
export const language =
  navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase()).find((tag) => tag in languages) ?? 'en';

/** A sentence with its marks filled. */
export function say(key, values = {}) {
  return languages[language][key].replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''));
}

/** Puts the words into the elements that ask for them. */
export function translate(root) {
  document.documentElement.lang = language === 'zh' ? 'zh-Hans' : 'en';
  for (const one of root.querySelectorAll('[data-word]')) one.textContent = say(one.dataset.word);
  for (const one of root.querySelectorAll('[data-label]')) {
    one.setAttribute('aria-label', say(one.dataset.label));
    if (one.tagName === 'BUTTON') one.title = say(one.dataset.label);
  }
  for (const one of root.querySelectorAll('[data-hint]')) one.placeholder = say(one.dataset.hint);
  for (const one of root.querySelectorAll('[data-idea]')) one.textContent = say(one.dataset.idea);
}
