// A ranking in the making: places from the best to the last, and answers without a place.
// It cannot hold anything that the rule of counting would refuse.

/** Answers by their index. With ties several share a place; without, each place has one. */
export interface Ranking {
  readonly places: readonly (readonly number[])[];
  readonly unranked: readonly number[];
}

/** Read ranks: 0 is not ranked, equal numbers share a place, gaps are closed. */
export function rankingOf(ranks: readonly number[]): Ranking {
  const numbers = [...new Set(ranks.filter((rank) => rank > 0))].sort((a, b) => a - b);
  const having = (wanted: number): number[] =>
    ranks.flatMap((rank, answer) => (rank === wanted ? [answer] : []));
  return { places: numbers.map(having), unranked: having(0) };
}

/** The rank of each answer, 0 where it has none: what is encrypted. */
export function ranksIn(ranking: Ranking, count: number): number[] {
  return Array.from({ length: count }, (_, answer) => placeOf(ranking, answer));
}

/** The place of an answer, from 1; 0 where it has none. */
export function placeOf(ranking: Ranking, answer: number): number {
  return ranking.places.findIndex((place) => place.includes(answer)) + 1;
}

/** How many places an answer may choose among: all there are, and a new last one for it. */
export function lastPlaceFor(ranking: Ranking, answer: number): number {
  const own = ranking.places[placeOf(ranking, answer) - 1];
  return ranking.places.length + (own?.length === 1 ? 0 : 1);
}

/** Put an answer in a place: 0 takes it out, and others make room or, with ties, share. */
export function moveTo(input: {
  ranking: Ranking;
  answer: number;
  place: number;
  allowsTies: boolean;
}): Ranking {
  const { ranking, answer, place, allowsTies } = input;
  const target = allowsTies && place > 0 ? ranking.places[place - 1] : undefined;
  // Counted with the answer still in: taking it out of a place of its own moves the others up.
  if (target !== undefined) return shared(ranking, answer, target);
  const rest = without(ranking, answer);
  if (place === 0) return { ...rest, unranked: [...rest.unranked, answer].sort((a, b) => a - b) };
  return { ...rest, places: insert(rest.places, place - 1, answer) };
}

function shared(ranking: Ranking, answer: number, target: readonly number[]): Ranking {
  const joined = [...new Set([...target, answer])].sort((a, b) => a - b);
  const places = ranking.places.map((place) =>
    place === target ? joined : place.filter((other) => other !== answer),
  );
  return {
    places: places.filter((place) => place.length > 0),
    unranked: ranking.unranked.filter((other) => other !== answer),
  };
}

/** One step towards the best place, or away from it.
 *
 * With ties a step leads from a place of one's own into the next one, and from there to a new
 * place beyond it; without, it exchanges neighbours. The step down from the last place takes the
 * answer out of the ranking, and the step up from outside puts it last.
 */
export function step(input: {
  ranking: Ranking;
  answer: number;
  direction: -1 | 1;
  allowsTies: boolean;
}): Ranking {
  const { ranking, answer, direction, allowsTies } = input;
  const place = placeOf(ranking, answer);
  if (place === 0) {
    const last = ranking.places.length + 1;
    return direction < 0 ? moveTo({ ranking, answer, place: last, allowsTies }) : ranking;
  }
  const isAlone = ranking.places[place - 1]?.length === 1;
  if (isAlone && place === 1 && direction < 0) return ranking;
  if (isAlone && place === ranking.places.length && direction > 0) {
    return moveTo({ ranking, answer, place: 0, allowsTies });
  }
  if (isAlone) return moveTo({ ranking, answer, place: place + direction, allowsTies });
  const rest = without(ranking, answer);
  return { ...rest, places: insert(rest.places, direction < 0 ? place - 1 : place, answer) };
}

function without(ranking: Ranking, answer: number): Ranking {
  const others = (answers: readonly number[]): number[] => answers.filter((one) => one !== answer);
  return {
    places: ranking.places.map(others).filter((place) => place.length > 0),
    unranked: others(ranking.unranked),
  };
}

function insert(places: Ranking["places"], at: number, answer: number): Ranking["places"] {
  return [...places.slice(0, at), [answer], ...places.slice(at)];
}
