// Sites behind the login gate, as the settings file has them.

/** A rule of a site. */
export interface Rule {
  path: string;
  require?: "nothing" | "session" | "two_factor" | "phishing_resistant";
  fresh?: number;
  roles?: ("staff" | "superuser")[];
}

/** A settings file with a site of these rules. */
export function settings(host: string, rules: Rule[]): string {
  const lines = ['trusted_proxies = ["127.0.0.1"]', "[[site]]", `host = "${host}"`];
  for (const rule of rules) {
    lines.push("[[site.rule]]", ...Object.entries(rule).map(([key, value]) => `${key} = ${JSON.stringify(value)}`));
  }
  return lines.join("\n");
}
