/** The language of a text: all that IFEval asks for, and what is said of texts without one. */

import { describe, expect, it } from 'vitest';
import { detectLanguage } from '../../../../../src/core/scoring/ifeval/detect-language.js';
import { SAMPLES } from '../../../../../src/core/scoring/ifeval/ideal-words.js';

describe('the language of a text', () => {
  it.each([
    ['en', 'Renewable energy reduces carbon emissions worldwide.'],
    ['en', 'MY FAVOURITE SEASON IS AUTUMN BECAUSE THE LEAVES TURN RED.'],
    ['es', 'Los elefantes se comunican mediante infrasonidos.'],
    ['pt', 'A energia renovável reduz as emissões de carbono.'],
    ['fr', 'Il était une fois une princesse courageuse.'],
    ['it', "L'energia rinnovabile riduce le emissioni di carbonio."],
    ['de', 'Es war einmal eine tapfere Prinzessin.'],
    ['nl', 'De hond rent elke ochtend met zijn baas door het park.'],
    ['pl', 'Dawno temu żyła odważna księżniczka.'],
    ['fi', 'Uusiutuva energia vähentää hiilidioksidipäästöjä.'],
    ['vi', 'Ngày xửa ngày xưa có một nàng công chúa.'],
    ['sw', 'Nishati mbadala hupunguza uzalishaji wa hewa chafu.'],
    ['ru', 'Возобновляемая энергия сокращает выбросы углерода.'],
    ['bg', 'Възобновяемата енергия намалява емисиите на въглерод.'],
    ['uk', 'Відновлювана енергія зменшує викиди вуглецю.'],
    ['ar', 'تقلل الطاقة المتجددة من انبعاثات الكربون.'],
    ['fa', 'انرژی تجدیدپذیر انتشار کربن را کاهش می‌دهد.'],
    ['ur', 'قابل تجدید توانائی کاربن کے اخراج کو کم کرتی ہے۔'],
    ['hi', 'एक समय की बात है, एक बहादुर राजकुमारी थी।'],
    ['mr', 'ग्रंथालय कुठे आहे?'],
    ['ne', 'पुस्तकालय कहाँ छ?'],
    ['ja', '再生可能エネルギーは炭素の排出を減らす。'],
    ['zh-cn', '狗每天早上和主人一起在公园里跑步。'],
    ['zh-tw', '這個問題對學生來說很簡單。'],
  ])('is %s for %s', (language, text) => expect(detectLanguage(text)).toBe(language));

  it.each(Object.entries(SAMPLES))('is %s for the plain words of that language', (language, words) => {
    expect(detectLanguage(words)).toBe(language);
  });

  it.each(['12345', '!? …', '😀', 'https://example.org/abc'])(
    'cannot be told of %s, so that the instruction counts as followed',
    (text) => {
      expect(detectLanguage(text)).toBeNull();
    },
  );

  it('is that of the main text when names stand in Latin letters', () => {
    expect(detectLanguage('어제 우리는 Seoul 에서 기차를 타고 도시에 갔다')).toBe('ko');
  });

  it('is unknown where no word speaks for any', () => expect(detectLanguage('xq')).toBe('unknown'));
});
