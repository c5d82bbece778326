/** General facts with one right and three wrong options, written for this project; what the practice models know by heart. */

import { shuffled } from './random.js';

export interface FactProblem {
  readonly question: string;
  readonly options: readonly [string, string, string, string];
  /** A to D. */
  readonly answer: string;
  readonly category: string;
}

/** Question, right option, wrong options. */
type Fact = readonly [question: string, right: string, ...wrong: [string, string, string]];

const FACTS: Readonly<Record<string, readonly Fact[]>> = {
  geography: [
    ['Which river flows through Cairo?', 'Nile', 'Danube', 'Amazon', 'Ganges'],
    ['On which continent does Kenya lie?', 'Africa', 'Asia', 'Europe', 'South America'],
    ['What is the capital of Australia?', 'Canberra', 'Sydney', 'Melbourne', 'Perth'],
    ['Which ocean lies between Africa and Australia?', 'Indian Ocean', 'Atlantic Ocean', 'Arctic Ocean', 'Pacific Ocean'],
    ['What is the capital of Canada?', 'Ottawa', 'Toronto', 'Vancouver', 'Montreal'],
    ['Which mountains stand between Spain and France?', 'Pyrenees', 'Alps', 'Carpathians', 'Urals'],
    ['Which country has the outline of a boot?', 'Italy', 'Greece', 'Portugal', 'Norway'],
    ['Which desert covers much of northern Africa?', 'Sahara', 'Gobi', 'Atacama', 'Kalahari'],
    ['What is the capital of Japan?', 'Tokyo', 'Kyoto', 'Osaka', 'Nagoya'],
    ['Which line divides the Earth into a northern and a southern half?', 'Equator', 'Prime meridian', 'Tropic of Cancer', 'Arctic Circle'],
    ['Which country has a land border with Portugal?', 'Spain', 'France', 'Italy', 'Morocco'],
    ['Which sea lies between Sweden and Estonia?', 'Baltic Sea', 'North Sea', 'Black Sea', 'Adriatic Sea'],
  ],
  nature: [
    ['How many legs does a spider have?', 'Eight', 'Four', 'Six', 'Ten'],
    ['Which is the largest animal alive today?', 'Blue whale', 'African elephant', 'Giraffe', 'Whale shark'],
    ['What do caterpillars grow into?', 'Butterflies and moths', 'Beetles', 'Bees', 'Spiders'],
    ['Which of these birds cannot fly?', 'Ostrich', 'Sparrow', 'Swallow', 'Stork'],
    ['What do giant pandas mostly eat?', 'Bamboo', 'Fish', 'Honey', 'Berries'],
    ['Which of these trees is green in winter?', 'Spruce', 'Oak', 'Birch', 'Maple'],
    ['Which gas do plants take in for photosynthesis?', 'Carbon dioxide', 'Nitrogen', 'Helium', 'Methane'],
    ['With what does a trout breathe?', 'Gills', 'Lungs', 'Fins', 'Scales'],
    ['Which of these animals is a mammal?', 'Dolphin', 'Shark', 'Penguin', 'Crocodile'],
    ['What is a young dog called?', 'Puppy', 'Kitten', 'Calf', 'Foal'],
    ['Which insect do people keep in hives for its honey?', 'Honeybee', 'Ladybird', 'Dragonfly', 'Grasshopper'],
    ['Which part of a plant takes up water from the soil?', 'Roots', 'Petals', 'Seeds', 'Fruits'],
  ],
  science: [
    ['What is the chemical symbol of gold?', 'Au', 'Ag', 'Fe', 'Pb'],
    ['At how many degrees Celsius does water boil at sea level?', '100', '50', '150', '212'],
    ['Which planet is closest to the Sun?', 'Mercury', 'Venus', 'Mars', 'Earth'],
    ['Which force makes a dropped stone fall?', 'Gravity', 'Magnetism', 'Friction', 'Buoyancy'],
    ['Which of these planets has rings that a small telescope shows?', 'Saturn', 'Mars', 'Mercury', 'Venus'],
    ['In which unit is electric current measured?', 'Ampere', 'Volt', 'Ohm', 'Watt'],
    ['Which element forms water together with hydrogen?', 'Oxygen', 'Nitrogen', 'Carbon', 'Sulphur'],
    ['Which instrument measures temperature?', 'Thermometer', 'Barometer', 'Hygrometer', 'Seismograph'],
    ['Which of these metals is liquid at room temperature?', 'Mercury', 'Iron', 'Copper', 'Aluminium'],
    ['How many sides does a hexagon have?', 'Six', 'Five', 'Seven', 'Eight'],
    ['Which of these is the fastest?', 'Light', 'Sound', 'An airliner', 'A cheetah'],
    ['What is the pH of pure water at 25 degrees Celsius?', '7', '1', '4', '12'],
  ],
  history: [
    ['In which year did the Berlin Wall fall?', '1989', '1961', '1975', '1999'],
    ['Who was the first person to walk on the Moon?', 'Neil Armstrong', 'Yuri Gagarin', 'Buzz Aldrin', 'John Glenn'],
    ['Which people built Machu Picchu?', 'Inca', 'Aztecs', 'Romans', 'Vikings'],
    ['In which year did the Second World War end?', '1945', '1918', '1939', '1953'],
    ['Who painted the Mona Lisa?', 'Leonardo da Vinci', 'Rembrandt', 'Claude Monet', 'Pablo Picasso'],
    ['Which city did Mount Vesuvius bury in the year 79?', 'Pompeii', 'Rome', 'Athens', 'Carthage'],
    ['Who printed books with movable type in Mainz?', 'Johannes Gutenberg', 'Isaac Newton', 'Marco Polo', 'Galileo Galilei'],
    ['On which island did Napoleon die in exile?', 'Saint Helena', 'Elba', 'Corsica', 'Malta'],
    ['Who wrote "On the Origin of Species"?', 'Charles Darwin', 'Louis Pasteur', 'Marie Curie', 'Gregor Mendel'],
    ['In which country do the pyramids of Giza stand?', 'Egypt', 'Mexico', 'Sudan', 'Iraq'],
    ['Which ancient people spoke Latin?', 'Romans', 'Greeks', 'Persians', 'Phoenicians'],
    ['Which liner sank after it hit an iceberg in 1912?', 'Titanic', 'Lusitania', 'Queen Mary', 'Mayflower'],
  ],
  culture: [
    ['Which language do most people in Brazil speak?', 'Portuguese', 'Spanish', 'French', 'Italian'],
    ['What is the plural of the animal name "mouse"?', 'Mice', 'Mouses', 'Mices', 'Meese'],
    ['Which word means the opposite of "ancient"?', 'Modern', 'Large', 'Quiet', 'Old'],
    ['Who wrote "Romeo and Juliet"?', 'William Shakespeare', 'Charles Dickens', 'Jane Austen', 'Mark Twain'],
    ['How many letters does the English alphabet have?', '26', '24', '28', '32'],
    ['Which of these words is an adverb?', 'Slowly', 'River', 'Happy', 'Seven'],
    ['Which instrument has black and white keys?', 'Piano', 'Violin', 'Trumpet', 'Drum'],
    ['Which alphabet is Russian written in?', 'Cyrillic', 'Greek', 'Latin', 'Arabic'],
    ['What is a haiku?', 'A short poem', 'A wooden flute', 'A rice dish', 'A paper bird'],
    ['In which language is "bonjour" a greeting?', 'French', 'German', 'Polish', 'Turkish'],
    ['With how many players does a football team start a match?', '11', '7', '9', '15'],
    ['How many strings does a violin have?', 'Four', 'Three', 'Six', 'Eight'],
  ],
};

const LETTERS = 'ABCD';

/** All facts, the categories in turn, with their options in an order that depends on the question only. */
export function factProblems(): FactProblem[] {
  const longest = Math.max(...Object.values(FACTS).map((facts) => facts.length));
  return Array.from({ length: longest }, (_, i) =>
    Object.entries(FACTS).flatMap(([category, facts]) => {
      const fact = facts[i];
      if (fact === undefined) return [];
      const [question, right, ...wrong] = fact;
      const options = shuffled([right, ...wrong], question) as [string, string, string, string];
      return [{ question, options, answer: LETTERS[options.indexOf(right)] as string, category }];
    }),
  ).flat();
}

const KNOWN: ReadonlyMap<string, string> = new Map(
  Object.values(FACTS)
    .flat()
    .map(([question, right]) => [question, right]),
);

/** The letter of the right option, from a question and its lettered lines; null when the fact or its option is not there. */
export function answerFact(question: string, options: ReadonlyMap<string, string>): string | null {
  const right = KNOWN.get(question);
  for (const [letter, option] of options) if (right !== undefined && option === right) return letter;
  return null;
}
