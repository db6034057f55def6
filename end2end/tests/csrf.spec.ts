import {
  ANNA, FIREFOX, MALLORY, NEW_PASSWORD, expect, expectHeading, expectSignedOut, sessionCookie, signIn, test, type Page,
} from "../fixtures";

// A foreign site of another name, to which browsers send no cookies of ours; and one that differs in
// the port alone, which for cookies is the same site: there only the origin check protects.
const SITES = { "another site": "127.0.0.1", "another port": "localhost" };
const KINDS = ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"];

type Fields = Record<string, string>;

/** A page that sends a form to `action` by itself or, without scripts, by a button that promises something else. */
function trap(action: string, kind: string, fields: Fields): string {
  const inputs = Object.entries(kind === "text/plain" ? asJson(fields) : fields).map(([name, value]) =>
    `<input type="hidden" name="${escape(name)}" value="${escape(value)}">`);
  return `<form method="post" action="${action}" enctype="${kind}">
      ${inputs.join("")}<button>See the kittens</button>
    </form>
    <script>document.forms[0].submit()</script>`;
}

/** One field whose name and value, sent as text, make up an object of JSON. */
function asJson(fields: Fields): Fields {
  const [name, value] = JSON.stringify({ ...fields, rest: "=" }).split(/=(?="}$)/);
  return { [name]: value };
}

function escape(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/"/g, "&quot;");
}

/** Visits the trap and ends where it leads: our page that says no. */
async function fallFor(page: Page, address: string, scripts = true): Promise<void> {
  const answer = page.waitForResponse((response) => response.request().method() === "POST");
  await page.goto(address, { waitUntil: "commit" });
  if (!scripts) await page.getByRole("button", { name: "See the kittens" }).click();
  expect((await answer).status()).toBe(403);
  await expectHeading(page, "Not allowed");
  await expect(page.getByText("This form was not sent from a page of")).toBeVisible();
}

for (const [where, host] of Object.entries(SITES)) {
  for (const kind of KINDS) {
    test(`CSR-04 CSR-08 CSR-09 a form on ${where}, sent as ${kind}, changes nothing for who is signed in`, async ({
      page, server, anna, foreign, anotherBrowser, javaScriptEnabled,
    }) => {
      const other = await anotherBrowser({ userAgent: FIREFOX });
      await signIn(other, anna);
      await signIn(page, anna);
      const cookie = await sessionCookie(page);
      await page.goto("/accounts/sessions/");
      const id = await page.locator("input[name=id]").getAttribute("value");

      const traps: [string, Fields][] = [
        ["logout/", {}],
        ["password/change/", { password: anna.password, new_password: NEW_PASSWORD }],
        ["sessions/end/", { id: id ?? "" }],
        ["sessions/end-others/", {}],
        ["login/", { login: MALLORY.login, password: MALLORY.password }],
      ];
      await server.administrator(MALLORY);
      for (const [path, fields] of traps) {
        const address = foreign.page(host, trap(`${server.url}/accounts/${path}`, kind, fields));
        await fallFor(page, address, javaScriptEnabled);
      }

      expect((await sessionCookie(page))?.value).toBe(cookie?.value);
      await page.goto("/accounts/sessions/");
      await expect(page.getByRole("listitem")).toHaveCount(2);
      await other.reload();
      await expectHeading(other, "Signed in as anna");
      await signIn(await anotherBrowser(), anna);
    });

    test(`CSR-07 a form on ${where}, sent as ${kind}, signs nobody in as its author`, async ({
      page, server, foreign, javaScriptEnabled,
    }) => {
      const { login, password } = await server.administrator(MALLORY);
      const address = foreign.page(host, trap(`${server.url}/accounts/login/`, kind, { login, password }));
      await fallFor(page, address, javaScriptEnabled);
      expect(await page.context().cookies()).toEqual([]);
      await expectSignedOut(page);
    });
  }
}

test("CSR-02 a form on a page that hides where it is, is refused", async ({
  page, server, anna, foreign, javaScriptEnabled,
}) => {
  await signIn(page, anna);
  const form = trap(`${server.url}/accounts/logout/`, KINDS[0], {});
  const address = foreign.page("localhost", `<meta name="referrer" content="no-referrer">${form}`);
  await fallFor(page, address, javaScriptEnabled);
  await page.goto("/");
  await expectHeading(page, "Signed in as anna");
});

test("CSR-04 a form on another site cannot create the first administrator, even with the right link", async ({
  page, server, foreign, javaScriptEnabled,
}) => {
  const { login, password } = ANNA;
  const address = foreign.page("localhost", trap(await server.setupLink(), KINDS[0], { login, password }));
  await fallFor(page, address, javaScriptEnabled);
  expect(await server.command(["accounts", "list"])).not.toContain(login);
});
