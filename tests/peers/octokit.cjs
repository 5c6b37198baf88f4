// Requests a token with @octokit/rest: node octokit.cjs BASE_URL. Prints the result as JSON.
const { Octokit } = require("@octokit/rest");

const [baseUrl] = process.argv.slice(2);
const octokit = new Octokit({ auth: process.env.GH_TOKEN, baseUrl });

octokit.rest.actions.createRegistrationTokenForOrg({ org: "octo-org" }).then(
  ({ status, data }) => console.log(JSON.stringify({ status, token: data.token })),
  ({ status, message }) => console.log(JSON.stringify({ status, message })),
);
