//! Notices on a page.

use leptos::prelude::*;

use super::api::notices;
use crate::ui::{Notice, Tone};

/// What happened to the account since its owner last looked, with a way to put it aside.
#[component]
pub fn Notices(
    /// The path of the page, to come back to.
    here: &'static str,
) -> impl IntoView {
    let lines = Resource::new_blocking(|| (), |()| notices());
    view! {
        <Suspense>
            {Suspend::new(async move {
                // a page must not fail for want of them
                let lines = lines.await.unwrap_or_default();
                let ids = lines.iter().map(|line| line.id.clone()).collect::<Vec<_>>().join(",");
                (!ids.is_empty()).then(|| view! {
                    <Notice tone=Tone::Warning>
                        <h2>"Since you last looked"</h2>
                        <div class="news">
                            {lines.into_iter().map(|line| view! {
                                <p>{line.text} " " <span class="small">{line.origin}</span></p>
                            }).collect_view()}
                        </div>
                        <form method="post" action="/accounts/notices/dismiss/">
                            <input type="hidden" name="ids" value=ids/>
                            <input type="hidden" name="next" value=here/>
                            <button class="quiet">"I know about this"</button>
                        </form>
                    </Notice>
                })
            })}
        </Suspense>
    }
}
