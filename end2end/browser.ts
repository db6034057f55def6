// Which browser the tests start.

import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** The first of these programs that is on PATH. */
function onPath(names: string[]): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const files = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return files.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** The system's whole Chromium; Playwright's own download when there is none. */
export const CHROMIUM = onPath(["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]);

/** The same engine without what only a window needs, where the system has it: half the work for a machine. */
export const HEADLESS = onPath(["chromium-headless-shell"]) ?? CHROMIUM;
