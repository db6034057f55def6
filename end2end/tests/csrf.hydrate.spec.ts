import { FIREFOX, expect, expectHeading, signIn, test } from "../fixtures";

for (const [where, host] of [["another site", "127.0.0.1"], ["another port", "localhost"]]) {
  test(`CSR-04 a script on ${where} that posts to every address changes and learns nothing`, async ({
    page, server, anna, foreign, anotherBrowser, watch,
  }) => {
    await signIn(await anotherBrowser({ userAgent: FIREFOX }), anna);
    await signIn(page, anna);
    await page.goto(foreign.page(host, "<h1>Kittens</h1>"));
    const learnt = await page.evaluate(async (site) => {
      const paths = ["accounts/logout/", "accounts/sessions/end-others/", "api/sessions", "api/standing"];
      const bodies = [new URLSearchParams({ a: "b" }), new FormData(), "{}", new Blob(["{}"])];
      const answers = [];
      for (const path of paths) {
        for (const body of bodies) {
          for (const mode of ["no-cors", "cors"] as const) {
            answers.push(await fetch(`${site}/${path}`, { method: "POST", mode, credentials: "include", body }).then(
              (answer) => answer.text(), () => ""));
          }
        }
        answers.push(await fetch(`${site}/${path}`, { mode: "no-cors", credentials: "include" }).then(
          (answer) => answer.text(), () => ""));
      }
      return answers.join("");
    }, server.url);
    expect(learnt).toBe("");
    await page.goto("/accounts/sessions/");
    await expectHeading(page, "Your sessions");
    await expect(page.getByRole("listitem")).toHaveCount(2);
    await watch.provoked(/Failed to load resource|blocked by CORS policy/);
  });
}

for (const [where, host] of [["another site", "127.0.0.1"], ["another port", "localhost"]]) {
  test(`WA-35 a page of ${where} cannot show ours in a frame, so no key answers there`, async ({
    page, server, foreign, watch,
  }) => {
    const allowed = "publickey-credentials-get *; publickey-credentials-create *";
    const frame = `<iframe title="Kittens" src="${server.url}/accounts/login/" allow="${allowed}"></iframe>`;
    await page.goto(foreign.page(host, frame));
    await watch.provoked(/frame-ancestors/);
    await expect(page.frameLocator("iframe").getByRole("heading", { name: "Sign in" })).toHaveCount(0);
    // The browser shows its own page in the place of ours.
    expect(page.frames().map((one) => one.url())).toContain("chrome-error://chromewebdata/");
  });
}
