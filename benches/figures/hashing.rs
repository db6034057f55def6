//! The Argon2id function alone, as fast as it goes: memory that is allocated once a thread, no
//! gate, no database, no HTTP.

use std::{thread, time::Duration};

use argon2::{Algorithm, Argon2, Block, Params, Version};

use crate::{Outcomes, load::now, program::PASSWORD};

/// Hashes a second on `threads` threads.
pub fn bare(threads: usize, time: Duration) -> Outcomes<f64> {
    let params = Params::new(19_456, 2, 1, Some(32)).map_err(|error| error.to_string())?;
    let begun = now();
    let counts = thread::scope(|scope| {
        let threads: Vec<_> = (0..threads)
            .map(|number| {
                let params = params.clone();
                scope.spawn(move || {
                    let mut memory = vec![Block::new(); params.block_count()];
                    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
                    let mut count = 0_u32;
                    let (salt, mut output) = ([u8::try_from(number).unwrap_or(0); 16], [0; 32]);
                    while begun.elapsed() < time {
                        argon2
                            .hash_password_into_with_memory(
                                PASSWORD.as_bytes(),
                                &salt,
                                &mut output,
                                &mut memory,
                            )
                            .map_err(|error| error.to_string())?;
                        count += 1;
                    }
                    Ok::<_, String>(count)
                })
            })
            .collect();
        let mut counts = 0;
        for thread in threads {
            counts += thread
                .join()
                .map_err(|_| "a hashing thread panicked".to_owned())??;
        }
        Ok::<_, String>(counts)
    })?;
    Ok(f64::from(counts) / begun.elapsed().as_secs_f64())
}
