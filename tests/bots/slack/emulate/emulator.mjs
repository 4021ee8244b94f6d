// An outside Slack for tests: `node emulator.mjs PORT SEED`; says where it is, and ends with its standard input.
import { createEmulator } from 'emulate'

const [port, seed] = process.argv.slice(2)
const emulator = await createEmulator({ service: 'slack', port: Number(port), seed: JSON.parse(seed) })
console.log(emulator.url)
process.stdin.resume()
process.stdin.on('end', () => emulator.close().then(() => process.exit()))
