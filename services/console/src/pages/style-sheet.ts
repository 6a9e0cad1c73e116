/** The console's one style sheet: light and dark, from a phone's width up. */
export const styleSheet: string = `
:root { color-scheme: light dark; --back: #f7f7f5; --card: #fff; --text: #1c1d1f; --quiet: #63666b; --line: #dedfdc; --accent: #0b5fb0; --good: #1a7a3c; --bad: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --back: #131416; --card: #1d1f22; --text: #e7e8ea; --quiet: #9a9ea5; --line: #33363b; --accent: #7db8f5; --good: #6cc38a; --bad: #ff8a80; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text); font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
a { color: var(--accent); }
a:focus-visible, button:focus-visible, summary:focus-visible, input:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
header { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; align-items: center; padding: .6rem 1rem; background: var(--card); border-bottom: 1px solid var(--line); }
nav { display: flex; flex-wrap: wrap; gap: .1rem .9rem; }
nav a { padding: .35rem 0; text-decoration: none; color: var(--text); }
nav a[aria-current] { color: var(--accent); font-weight: 600; box-shadow: inset 0 -2px var(--accent); }
.who { margin-left: auto; display: flex; gap: .75rem; align-items: center; }
.tabs { margin-bottom: 1rem; }
main { max-width: 60rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.35rem; margin: .25rem 0 1rem; }
h2 { font-size: 1rem; margin: 0; }
.scroll + h2 { margin: 1.2rem 0 .5rem; }
small, .quiet, .facts { color: var(--quiet); }
.facts { font-size: .85rem; margin: 0 0 .35rem; }
.good { color: var(--good); }
.bad { color: var(--bad); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .8rem 1rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .75rem; margin-bottom: 1rem; }
.figure { display: flex; flex-direction: column; }
.figure b { font-size: 1.7rem; line-height: 1.2; }
.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .5rem .8rem; text-align: right; }
th:first-child { text-align: left; }
thead th { font-weight: 500; color: var(--quiet); }
tbody tr { border-top: 1px solid var(--line); }
.list, .cards, .timeline { list-style: none; margin: 0; padding: 0; }
.list li { border-top: 1px solid var(--line); background: var(--card); }
.list a { display: flex; flex-wrap: wrap; gap: 0 .75rem; align-items: baseline; padding: .6rem .8rem; color: inherit; text-decoration: none; }
.list a:hover { background: var(--back); }
.list time { margin-left: auto; color: var(--quiet); font-size: .85rem; }
.cards { display: grid; gap: .75rem; }
.timeline { border-left: 2px solid var(--line); }
.timeline li { position: relative; padding: .2rem 0 .9rem 1.1rem; }
.timeline li::before { content: ""; position: absolute; left: -6px; top: .6rem; width: 10px; height: 10px; border-radius: 50%; background: var(--quiet); }
.timeline .user::before { background: var(--accent); }
.timeline .assistant::before { background: var(--good); }
.timeline .notice::before { background: var(--bad); }
.timeline .tool { margin-left: 1rem; }
.timeline .out::before { background: var(--accent); }
pre { margin: .3rem 0; padding: .6rem .8rem; background: var(--card); border: 1px solid var(--line); border-radius: .4rem; white-space: pre-wrap; font: 14px/1.45 ui-monospace, monospace; max-height: 32rem; overflow: auto; unicode-bidi: isolate; }
.user pre, .assistant pre { font-family: inherit; font-size: 15px; }
details { margin: .2rem 0; }
summary { cursor: pointer; color: var(--quiet); }
form { margin: 0; }
label { display: block; margin-bottom: .3rem; }
input { width: 100%; max-width: 26rem; padding: .5rem; font: inherit; color: inherit; background: var(--back); border: 1px solid var(--line); border-radius: .4rem; margin-bottom: .6rem; display: block; }
button { padding: .45rem .9rem; font: inherit; border: 1px solid var(--line); border-radius: .4rem; background: var(--back); color: var(--accent); cursor: pointer; }
button.bad { color: var(--bad); }
button.link { border: 0; padding: 0; background: none; }
.actions { display: flex; flex-wrap: wrap; gap: .75rem; align-items: start; margin-top: .5rem; }
`;
