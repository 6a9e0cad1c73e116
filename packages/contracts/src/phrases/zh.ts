import type { Phrases } from './index.js';

/** Everything the system itself says to people, in Simplified Chinese. */
export const zh: Phrases = {
  'turn.stopped': '已停止。',
  'turn.nothing_to_stop': '当前没有正在运行的任务。',
  'turn.reset': '对话已重新开始。',
  'turn.failed': '我无法回答：{reason}',
  'turn.poisoned': '您的消息多次处理失败，已转交运维人员。',
  'limit.steps': '已执行 {count} 步仍未得到答案，我已停止。',
  'limit.tool_calls': '已调用 {count} 次工具仍未得到答案，我已停止。',
  'limit.time': '本轮用时超过 {seconds} 秒，我已停止。',
  'limit.tokens': '本轮已用完 {count} 个 token 的上限，我已停止。',
  'model.unavailable': '模型暂时无法访问。',
  'model.rate_limited': '模型繁忙（达到速率限制），请稍后再试。',
  'model.timeout': '模型未能及时回答。',
  'model.interrupted': '模型的回答中断了。',
  'model.auth': '模型密钥缺失或错误，需要运维人员处理。',
  'model.nonsense': '模型给出了无法理解的回答。',
  'model.refused': '模型拒绝了该请求。',
  'model.context': '对话过长，超出模型的窗口。请用 /new 重新开始。',
  'model.empty': '（模型给出了空的回答。）',
};
