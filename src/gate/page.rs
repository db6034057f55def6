//! The sites behind the gate, and what it lately decided.

use leptos::prelude::*;

use super::{DecisionLine, Overview, Rule, Site, api};
use crate::ui::{Page, Refused};

/// What stands in the settings file, to be read, and the latest decisions.
#[component]
pub fn GatePage() -> impl IntoView {
    let overview = Resource::new_blocking(|| (), |()| api::overview());
    view! {
        <Page heading="Guarded sites" wide=true back="/">
            <Suspense>
                {Suspend::new(async move {
                    overview.await.map_or_else(
                        |error| view! { <Refused error/> }.into_any(),
                        |overview| view! { <Gate overview/> }.into_any(),
                    )
                })}
            </Suspense>
        </Page>
    }
}

#[component]
fn Gate(overview: Overview) -> impl IntoView {
    let sites = if overview.sites.is_empty() {
        view! {
            <p>"No site is behind the login gate. Sites are named in the settings file, under " <code>"[[site]]"</code> "."</p>
        }
        .into_any()
    } else {
        let sites = overview
            .sites
            .into_iter()
            .map(|site| view! { <SiteRules site/> })
            .collect_view();
        view! { <p>"Sites are named in the settings file. The rule with the longest path holds."</p> {sites} }.into_any()
    };
    let whose = if overview.everybodys {
        "The latest of everybody, since this process started."
    } else {
        "The latest of yours, since this process started. A superuser sees everybody's."
    };
    let none = overview.decisions.is_empty();
    let decisions = overview
        .decisions
        .into_iter()
        .map(|decision| view! { <Decided decision/> })
        .collect_view();
    view! {
        {sites}
        <section>
            <h2>"Last decisions"</h2>
            <p class="small">{whose}</p>
            {none.then(|| view! { <p>"None yet."</p> })}
            <ul class="sessions">{decisions}</ul>
        </section>
    }
}

#[component]
fn SiteRules(site: Site) -> impl IntoView {
    let mut rules = site.rules;
    if !rules.iter().any(|rule| rule.path == "/") {
        rules.push(Rule::default_of_a_site());
    }
    let rules = rules
        .into_iter()
        .map(|rule| {
            view! { <div><dt><code>{rule.path.clone()}</code></dt><dd>{in_words(&rule)}</dd></div> }
        })
        .collect_view();
    view! { <section><h2>{site.host}</h2><dl class="facts">{rules}</dl></section> }
}

/// What a rule asks for.
fn in_words(rule: &Rule) -> String {
    use super::Require::{Nothing, PhishingResistant, Session, TwoFactor};
    let mut words = match rule.require {
        Nothing => "open to everybody",
        Session => "signed in",
        TwoFactor => "second factor",
        PhishingResistant => "security key or passkey",
    }
    .to_owned();
    let fresh = rule.fresh;
    words.extend(fresh.map(|seconds| format!(", shown within {seconds} seconds")));
    let roles: Vec<_> = rule.roles.iter().map(|role| role.as_str()).collect();
    let roles = (!roles.is_empty()).then(|| format!(", role {}", roles.join(" or ")));
    words.extend(roles);
    words
}

#[component]
fn Decided(decision: DecisionLine) -> impl IntoView {
    let asked = if decision.asked.is_empty() {
        "A request that was not understood".to_owned()
    } else {
        decision.asked
    };
    view! {
        <li>
            <h3>{asked}</h3>
            <dl class="facts">
                <div><dt>"Got"</dt><dd>{decision.outcome}</dd></div>
                <div><dt>"Why"</dt><dd>{decision.why}</dd></div>
                <div><dt>"Who"</dt><dd>{decision.username.unwrap_or_else(|| "nobody signed in".to_owned())}</dd></div>
                <div><dt>"When"</dt><dd>{decision.at}</dd></div>
            </dl>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::in_words;
    use crate::gate::{Require, Role, Rule};

    #[test]
    fn a_rule_is_put_into_words() {
        assert_eq!(in_words(&Rule::default_of_a_site()), "second factor");
        let rule = Rule {
            path: "/users/".to_owned(),
            require: Require::PhishingResistant,
            fresh: Some(300),
            roles: vec![Role::Staff, Role::Superuser],
        };
        assert_eq!(
            in_words(&rule),
            "security key or passkey, shown within 300 seconds, role staff or superuser"
        );
    }
}
