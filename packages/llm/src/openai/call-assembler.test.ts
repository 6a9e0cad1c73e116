import { describe, expect, it } from 'vitest';
import { type CallPart, createCallAssembler } from './call-assembler.js';

const assemble = (...parts: CallPart[]): unknown => {
  const assembler = createCallAssembler();
  for (const part of parts) assembler.add(part);
  return assembler.finish();
};
const a = { name: 'shell', arguments: '{"a":' };
const one = { name: 'shell', args: { a: 1 } };

describe('calls from deltas', () => {
  it('are put together by index, also interleaved', () => {
    const rest = { arguments: '1}' };
    expect(
      assemble(
        { index: 0, id: 'x', function: a },
        { index: 1, id: 'y', function: a },
        { index: 0, function: rest },
        { index: 1, function: rest },
      ),
    ).toEqual([
      { id: 'x', ...one },
      { id: 'y', ...one },
    ]);
  });

  it('are told apart by id when a server sends all under one index, or none', () => {
    const whole = { name: 'shell', arguments: '{"a":1}' };
    const expected = [
      { id: 'x', ...one },
      { id: 'y', ...one },
    ];
    expect(assemble({ index: 0, id: 'x', function: whole }, { index: 0, id: 'y', function: whole })).toEqual(expected);
    expect(assemble({ id: 'x', function: whole }, { id: 'y', function: whole })).toEqual(expected);
  });

  it('go on under the last call when a server repeats its id, or gives neither id nor index', () => {
    const rest = { arguments: '1}' };
    expect(assemble({ index: 0, id: 'x', function: a }, { index: 0, id: 'x', function: rest })).toEqual([
      { id: 'x', ...one },
    ]);
    expect(assemble({ function: a }, { function: rest })).toEqual([{ id: 'call_1', ...one }]);
  });

  it('keep arguments that are no JSON as text, so that the model can be told', () => {
    expect(assemble({ index: 0, id: 'x', function: a })).toEqual([{ id: 'x', name: 'shell', args: '{"a":' }]);
    expect(assemble({ index: 0, id: 'x', function: { name: 'now' } })).toEqual([{ id: 'x', name: 'now', args: {} }]);
  });
});
