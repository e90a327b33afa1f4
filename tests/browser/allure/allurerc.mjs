export default {
  name: "messages-conformance",
  output: "report",
  plugins: { awesome: { options: { groupBy: ["parentSuite", "suite"] } } },
};
