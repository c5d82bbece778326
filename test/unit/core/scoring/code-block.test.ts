import { describe, expect, it } from 'vitest';
import { codeBlocks, pythonBlocks } from '../../../../src/core/scoring/code-block.js';

describe('codeBlocks', () => {
  it('finds all blocks with their language, in order', () => {
    expect(codeBlocks('Text\n```Python\nx = 1\n```\nand\n~~~\ny\n~~~\n```js title="a"\nz\n```')).toEqual([
      { language: 'python', code: 'x = 1\n', closed: true },
      { language: '', code: 'y\n', closed: true },
      { language: 'js', code: 'z\n', closed: true },
    ]);
  });

  it('ends a block at the end of a truncated answer', () => {
    expect(codeBlocks('```python\nx = 1\ny = ')).toEqual([{ language: 'python', code: 'x = 1\ny = ', closed: false }]);
  });

  it('keeps a shorter or other fence inside a block', () => {
    expect(codeBlocks('````\n```\ninner\n```\n~~~\n````')).toEqual([{ language: '', code: '```\ninner\n```\n~~~\n', closed: true }]);
  });

  it('takes the indentation of a list off', () => {
    expect(codeBlocks('1. So:\n   ```py\n   def f():\n       return 1\n   ```')).toEqual([
      { language: 'py', code: 'def f():\n    return 1\n', closed: true },
    ]);
  });

  it('does not take code within a line for a fence', () => {
    expect(codeBlocks('```x``` is code\nand ``` is not\nand ```x``` neither\n')).toEqual([]);
  });

  it('reads line ends of any system', () => {
    expect(codeBlocks('```python\r\nx = 1\r\n```\r\n')).toEqual([{ language: 'python', code: 'x = 1\r\n', closed: true }]);
  });

  it('sees a fence behind words on its line, and words behind the closing one', () => {
    expect(codeBlocks('text ```python\na\n``` more ```py\nb\n```')).toEqual([
      { language: 'python', code: 'a\n', closed: true },
      { language: 'py', code: 'b\n', closed: true },
    ]);
  });

  it('ends a block at the end of its last line, and where its author began another', () => {
    expect(codeBlocks('```python\na```\nand\n```python\nb\n```python\nc')).toEqual([
      { language: 'python', code: 'a', closed: true },
      { language: 'python', code: 'b\n', closed: true },
      { language: 'python', code: 'c', closed: false },
    ]);
  });

  it('keeps a fence in the middle of a line of code', () => {
    expect(codeBlocks('```python\nx = "```" + y\n```js``` = 1\n```')).toEqual([
      { language: 'python', code: 'x = "```" + y\n```js``` = 1\n', closed: true },
    ]);
  });

  it('takes no fence on the last line for a block', () => {
    expect(codeBlocks('```python')).toEqual([]);
  });

  it.each([
    '`'.repeat(300_000),
    '```\n'.repeat(75_000),
    `\`\`\`python\n${' '.repeat(300_000)}x`,
    '``` ` '.repeat(50_000),
    '`````'.repeat(30_000) + ' `'.repeat(90_000),
    '```\na ```` '.repeat(40_000),
  ])('takes time in proportion to the length', (text) => {
    const started = performance.now();
    codeBlocks(text);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe('pythonBlocks', () => {
  it('prefers blocks that say Python', () => {
    expect(pythonBlocks('```\nplain\n```\n```python3\ncode\n```')).toEqual(['code']);
  });

  it('gives texts without their last line break, on any system', () => {
    expect(pythonBlocks('```py\r\na\r\nb\r\n```')).toEqual(['a\nb']);
  });

  it('takes nameless blocks where none says Python, and never those of another language', () => {
    expect(pythonBlocks('```bash\nls\n```\n```\nplain\n```')).toEqual(['plain']);
  });
});
