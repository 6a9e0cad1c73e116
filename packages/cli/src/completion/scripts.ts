const bash = `# queueclaw: source <(queueclaw completion bash)
_queueclaw() {
  local IFS=$'\\n'
  COMPREPLY=($("\${COMP_WORDS[0]}" __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _queueclaw queueclaw
`;

const zsh = `#compdef queueclaw
# queueclaw: source <(queueclaw completion zsh), after compinit
_queueclaw() {
  local -a found
  found=("\${(@f)$("\${words[1]}" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "\${found[1]}" ]]; then compadd -a found; else _files; fi
}
compdef _queueclaw queueclaw
`;

const fish = `# queueclaw: queueclaw completion fish | source
function __queueclaw_complete
  set -l words (commandline -opc)
  set -l program $words[1]
  set -e words[1]
  $program __complete -- $words (commandline -ct) 2>/dev/null
end
complete -c queueclaw -a '(__queueclaw_complete)'
`;

/** The completion script of a shell: it asks the program itself, so it never needs to be made again. */
export const completionScripts: ReadonlyMap<string, string> = new Map([
  ['bash', bash],
  ['zsh', zsh],
  ['fish', fish],
]);
