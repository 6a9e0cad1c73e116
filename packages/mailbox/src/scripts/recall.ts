/**
 * What is remembered, which keeps it from expiring: reading and that in one command.
 * KEYS: memories, of any number of owners. ARGV: retentionMs. Returns the memories of all.
 */
export const recall = `
local all = {}
for _, key in ipairs(KEYS) do
  local found = redis.call('HVALS', key)
  if #found > 0 then redis.call('PEXPIRE', key, ARGV[1]) end
  for _, memory in ipairs(found) do all[#all + 1] = memory end
end
return all
`;
