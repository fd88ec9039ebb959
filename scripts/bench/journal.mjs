/** Dead time, out of the journal of a simulated modem. */

const asked = new Set(["QmiRequest", "AtCommand", "QdlRequest", "ChunkWritten"])

/**
 * The spans in which the modem is ready and waits for the host, between the first and the last thing that the host asked
 * it; and the longest of them, with the question that ended it. Milliseconds.
 */
export const deadTime = (Sim, journal) => {
  const questions = journal.filter(({ _tag }) => asked.has(_tag)).toSorted((a, b) => a.at - b.at)
  const idle = (from, to) => Sim.idleMillis(journal, from.at, to.at)
  const waits = questions.slice(1).map((question, index) => ({
    before: question.name ?? question.request ?? question.command ?? question._tag,
    millis: Math.round(idle(questions[index], question))
  }))
  const [first, last] = [questions[0], questions.at(-1)]
  return {
    millis: idle(first, last),
    wholeMillis: last.at - first.at,
    longest: waits.toSorted((a, b) => b.millis - a.millis).slice(0, 5)
  }
}
