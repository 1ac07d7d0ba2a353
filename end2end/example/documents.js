// The product's work: it summarizes documents. A language model would do it, and cost money by the token; here the same
// document always gets the same summary.
import { database } from "./database.js";

const TOKENS_PER_PAGE = 400;

export const documents = [
  {
    id: "minutes",
    title: "Minutes of the board",
    pages: 3,
    text: `The board met on Tuesday and confirmed the minutes of the last meeting. Two members joined by telephone.
The budget for the second half of the year was approved. Travel was cut by a tenth.
The next meeting is on the first Tuesday of March. Papers are sent a week before.`,
  },
  {
    id: "report",
    title: "Annual report",
    pages: 100,
    text: `Revenue grew by eleven percent, most of it from customers who signed in earlier years. Prices did not change.
Costs grew more slowly than revenue for the first time since the company was founded. Rent was the exception.
For next year the company expects the same growth with the same number of people. It will not open another office.`,
  },
  {
    id: "transcript",
    title: "Transcript of a trial",
    pages: 500,
    text: `The plaintiff says that the bridge was closed for nine weeks and not for three. The contract names a penalty.
The engineer confirms that the closure was safe, and that it was not asked for. The notes are exhibit four.
The court adjourns until the surveyor can be heard. Both sides agree.`,
  },
].map((document) => ({ ...document, tokens: document.pages * TOKENS_PER_PAGE }));

const insertSummary = database.prepare("INSERT INTO summaries (team, title, text) VALUES (?, ?, ?)");
const newestSummaries = database.prepare("SELECT title, text FROM summaries WHERE team = ? ORDER BY id DESC LIMIT 5");

/** Writes a summary of the document: the first sentence of each paragraph. */
export function summarize(team, { title, text }) {
  const sentences = text.split("\n").map((paragraph) => paragraph.slice(0, paragraph.indexOf(".") + 1));
  insertSummary.run(team.id, title, sentences.join(" "));
}

export function listSummaries(team) {
  return newestSummaries.all(team.id);
}
