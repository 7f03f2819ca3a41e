/**
 * A certified OpenID Connect provider (npm's `oidc-provider`, its own pages included) on a loopback port, for logins in a browser.
 *
 *     node openid_provider.mjs REDIRECT_URI        prints its issuer once it listens; ends with its standard input
 *
 * Whoever types a login there is that person: their groups are below, everybody else has none. As strict as it comes: PKCE is
 * demanded, and of a person the id token names only who it is; the rest has to be asked for.
 */
import { createServer } from "node:http";
import { createRequire } from "node:module";

const Provider = (await import(createRequire(new URL("../../web/package.json", import.meta.url)).resolve("oidc-provider"))).default;

const GROUPS = { petra: ["counter", "leads"], paul: ["counter"] };
const capital = (word) => word.charAt(0).toUpperCase() + word.slice(1);

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: "tresen-console", client_secret: "a secret of this test", redirect_uris: [process.argv[2]], response_types: ["code"], grant_types: ["authorization_code"] }],
    claims: { openid: ["sub"], profile: ["name", "groups"], email: ["email", "email_verified"] },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, name: `${capital(id)} Provider`, email: `${id}@shop.example`, email_verified: true, groups: GROUPS[id] ?? [] }),
    }),
    pkce: { required: () => true },
    cookies: { keys: ["only for this test"] },
  });
  server.on("request", provider.callback());
  console.log(issuer);
});
process.stdin.resume().on("end", () => process.exit(0));
