import { describe, expect, it } from 'vitest';
import { codeBlocks, pythonBlocks } from '../../../../src/core/scoring/code-block.js';

describe('codeBlocks', () => {
  it('finds all blocks with their language, in order', () => {
    expect(codeBlocks('Text\n```Python\nx = 1\n```\nand\n~~~\ny\n~~~\n```js title="a"\nz\n```')).toEqual([
      { language: 'python', code: 'x = 1', closed: true },
      { language: '', code: 'y', closed: true },
      { language: 'js', code: 'z', closed: true },
    ]);
  });

  it('ends a block at the end of a truncated answer', () => {
    expect(codeBlocks('```python\nx = 1\ny = ')).toEqual([{ language: 'python', code: 'x = 1\ny = ', closed: false }]);
  });

  it('keeps a shorter or other fence inside a block', () => {
    expect(codeBlocks('````\n```\ninner\n```\n~~~\n````')).toEqual([{ language: '', code: '```\ninner\n```\n~~~', closed: true }]);
  });

  it('takes the indentation of a list off', () => {
    expect(codeBlocks('1. So:\n   ```py\n   def f():\n       return 1\n   ```')).toEqual([
      { language: 'py', code: 'def f():\n    return 1', closed: true },
    ]);
  });

  it('does not take code within a line for a fence', () => {
    expect(codeBlocks('```x``` is code\nand ``` is not')).toEqual([]);
  });

  it('reads line ends of any system', () => {
    expect(codeBlocks('```python\r\nx = 1\r\n```\r\n')).toEqual([{ language: 'python', code: 'x = 1', closed: true }]);
  });

  it.each(['`'.repeat(300_000), '```\n'.repeat(75_000), `\`\`\`python\n${' '.repeat(300_000)}x`, '``` ` '.repeat(50_000)])(
    'takes time in proportion to the length',
    (text) => {
      const started = performance.now();
      codeBlocks(text);
      expect(performance.now() - started).toBeLessThan(1000);
    },
  );
});

describe('pythonBlocks', () => {
  it('prefers blocks that say Python', () => {
    expect(pythonBlocks('```\nplain\n```\n```python3\ncode\n```')).toEqual(['code']);
  });

  it('takes nameless blocks where none says Python, and never those of another language', () => {
    expect(pythonBlocks('```bash\nls\n```\n```\nplain\n```')).toEqual(['plain']);
  });
});
