// Sends so many copies by nodemailer's pool with DKIM and prints what it took: node send.mjs PORT COUNT CONNECTIONS < issue.json
import { readFileSync } from "node:fs";
import nodemailer from "nodemailer";

const [port, count, connections] = process.argv.slice(2).map(Number);
const issue = JSON.parse(readFileSync(0, "utf8"));
const transport = nodemailer.createTransport({
  host: "127.0.0.1",
  port,
  secure: false,
  ignoreTLS: true,
  pool: true,
  maxConnections: connections,
  maxMessages: Infinity,
  dkim: { domainName: "post.example.org", keySelector: "p1", privateKey: issue.key },
});

let next = 0;
async function lane() {
  while (next < count) {
    const number = next++;
    const leave = `https://post.example.org/u/${String(number).padStart(20, "0")}`;
    const own = (words) => words.replaceAll("mark-name", `Bob ${number}`).replaceAll("mark-leave", leave);
    await transport.sendMail({
      envelope: { from: `b.${number}@post.example.org`, to: `bob${number}@example.net` },
      from: "Alice <alice@post.example.org>",
      to: `bob${number}@example.net`,
      subject: issue.subject,
      messageId: `<${number}@post.example.org>`,
      list: { unsubscribe: leave },
      text: own(issue.text),
      html: own(issue.html),
    });
  }
}

const [wall, cpu] = [performance.now(), process.cpuUsage()];
await Promise.all(Array.from({ length: 2 * connections }, lane));
const used = process.cpuUsage(cpu);
console.log(JSON.stringify({ wall: (performance.now() - wall) / 1000, cpu: (used.user + used.system) / 1e6 }));
transport.close();
