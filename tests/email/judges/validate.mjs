// Says what html-validate finds in the files it is given, as JSON: a list of "file:line: rule: message".
import { HtmlValidate, StaticConfigLoader } from "html-validate";

const judge = new HtmlValidate(
  new StaticConfigLoader({
    extends: ["html-validate:recommended"],
    rules: {
      "no-inline-style": "off", // mail programs drop style sheets
      "no-conditional-comment": "off", // Outlook's word processor knows no max-width
      "prefer-native-element": "off", // mail programs drop <main>
      "attribute-boolean-style": "off", // how css-inline writes them
      "no-trailing-whitespace": "off", // of posts
      "doctype-style": "off", // how css-inline writes it
      "void-style": "off",
      "long-title": "off", // a subject is as long as its post's title
      "tel-non-breaking": "off", // of posts
      "no-raw-characters": "off",
    },
  }),
);

const found = [];
for (const file of process.argv.slice(2)) {
  const report = await judge.validateFile(file);
  for (const result of report.results)
    for (const one of result.messages) found.push(`${file}:${one.line}: ${one.ruleId}: ${one.message}`);
}
process.stdout.write(JSON.stringify(found));
