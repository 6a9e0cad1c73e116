/**
 * Keeps a memory, within a bound; one that is there already stays as it is, so that a repeat is harmless.
 * KEYS: memories. ARGV: id, memory, most, retentionMs. Returns 'added' | 'there' | 'full'.
 */
export const remember = `
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then return 'there' end
if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then return 'full' end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 'added'
`;
