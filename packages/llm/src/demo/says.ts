export type DemoLanguage = 'en' | 'zh';

const en = {
  help: [
    'I am the demo model: no real model is configured. I understand:',
    '- `run: <command>` runs a command in the sandbox; several such lines run in parallel',
    '- `write <file>: <text>` writes a file, `read <file>` reads it, `send <file>` sends it to you',
    '- `slow <seconds>` talks slowly (60 at most), so that you can try to stop me',
    '- `fail` fails',
    '- `what did I say?` tells what you wrote before',
    '- `help` shows this',
    'For real answers set ANTHROPIC_API_KEY or OPENAI_API_KEY, start Ollama, or configure `llm.models`.',
  ].join('\n'),
  echo: 'I am only the demo model, so I cannot think about this; say `help` for what I can do. You wrote: {text}',
  noTool: 'I have no tool `{tool}` here, so I cannot do that.',
  calling: 'I am calling {tools}.',
  ok: '`{tool}` answered:',
  bad: '`{tool}` failed:',
  silent: '(nothing)',
  failing: 'The demo model was asked to fail.',
  before: 'Before this you said: {text}',
  nothing: 'You have not said anything before this.',
  slow: 'I count to {count} slowly:',
  slowEnd: 'Done.',
} as const;

type Sayings = Readonly<Record<keyof typeof en, string>>;

const zh: Sayings = {
  help: [
    '我是演示模型：尚未配置真正的模型。我只懂这些：',
    '- `run: <命令>` 在沙箱中运行命令；多行会并行运行',
    '- `write <文件>: <内容>` 写文件，`read <文件>` 读文件，`send <文件>` 发给您',
    '- `slow <秒数>` 慢慢地说（最多 60 秒），可以用来试停止',
    '- `fail` 失败一次',
    '- `我说了什么？` 说出您之前写的话',
    '- `帮助` 显示这些',
    '要得到真正的回答，请设置 ANTHROPIC_API_KEY 或 OPENAI_API_KEY，启动 Ollama，或配置 `llm.models`。',
  ].join('\n'),
  echo: '我只是演示模型，无法思考这个问题；输入“帮助”看看我能做什么。您写的是：{text}',
  noTool: '这里没有工具 `{tool}`，我做不到。',
  calling: '我来调用 {tools}。',
  ok: '`{tool}` 的结果：',
  bad: '`{tool}` 失败了：',
  silent: '（无）',
  failing: '演示模型按要求失败了。',
  before: '您之前说过：{text}',
  nothing: '在此之前您还没有说过话。',
  slow: '我慢慢数到 {count}：',
  slowEnd: '数完了。',
};

/** A sentence of the demo model with its `{marks}` filled. */
export function demoSays(
  language: DemoLanguage,
  key: keyof typeof en,
  values: Readonly<Record<string, string | number>> = {},
): string {
  const sayings: Sayings = language === 'zh' ? zh : en;
  return sayings[key].replace(/\{(\w+)\}/g, (mark, name: string) => String(values[name] ?? mark));
}

/** Chinese when the text holds a Han character. */
export function languageOf(text: string): DemoLanguage {
  return /\p{Script=Han}/u.test(text) ? 'zh' : 'en';
}
