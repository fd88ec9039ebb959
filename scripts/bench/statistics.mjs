/** Medians, ratios pair by pair, and numbers as people read them. */

export const median = (values) => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** `values` by median and range. */
export const spread = (values) => ({ median: median(values), min: Math.min(...values), max: Math.max(...values) })

/** The median as the value of a row, with its range. */
export const valued = ({ max, median: value, min }) => ({ value, min, max })

/**
 * Runs each case in turn, round by round, so that whatever else the machine does hits all of them; the order turns
 * around with every round. Yields the results of each case, in the order of the rounds.
 */
export const inTurn = async (rounds, cases) => {
  const results = Object.fromEntries(Object.keys(cases).map((name) => [name, []]))
  const entries = Object.entries(cases)
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of round % 2 === 0 ? entries : entries.toReversed()) results[name].push(await run())
  }
  return results
}

/** The ratio of each pair of runs, `a` over `b`. */
export const ratios = (a, b, of) => spread(a.map((run, round) => of(run) / of(b[round])))

/** Three significant digits; none that say nothing. */
export const digits = (value) => (value >= 100 ? Math.round(value) : Number(value.toPrecision(3)))
