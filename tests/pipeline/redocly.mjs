// Runs redocly for each line of standard input, a list of arguments, and writes a line with its standard output.
import { createInterface } from "node:readline";

const [cli] = process.argv.splice(2);
const write = process.stdout.write.bind(process.stdout);
let runs = 0;
for await (const line of createInterface({ input: process.stdin })) {
  let output = "";
  process.argv.splice(2, Infinity, ...JSON.parse(line));
  process.stdout.write = (text) => (output += text);
  const ended = new Promise((resolve) => {
    process.stderr.write = (text) => String(text).includes(" processed in ") && resolve();
  });
  await import(`${cli}?${runs++}`); // another address, because a module runs once
  await ended;
  write(`${JSON.stringify(output)}\n`);
}
