//! Loops over plain slices, compiled for several instruction sets: the machine's widest runs.
//!
//! The only place for `unsafe` and for run-time CPU dispatch. Every kernel is written once, in plain Rust; [`widest`] compiles it
//! again for AVX2 and AVX-512. The portable form is what other processors run, and what tests compare the others with.
#![allow(
    unsafe_code,
    reason = "calls of functions compiled for instructions that were found at run time"
)]

pub(crate) mod lines;

/// Defines a function that runs the widest of its compiled forms, and the name of its portable form.
macro_rules! widest {
    ($(#[$meta:meta])* fn $name:ident, $portable:ident $(<$t:ident: $bound:path>)? ($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)? $body:block) => {
        #[inline(always)]
        fn $portable $(<$t: $bound>)? ($($arg: $ty),*) $(-> $ret)? $body

        $(#[$meta])*
        pub(crate) fn $name $(<$t: $bound>)? ($($arg: $ty),*) $(-> $ret)? {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
                fn avx2 $(<$t: $bound>)? ($($arg: $ty),*) $(-> $ret)? {
                    $portable($($arg),*)
                }
                #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512dq,avx512vl")]
                fn avx512 $(<$t: $bound>)? ($($arg: $ty),*) $(-> $ret)? {
                    $portable($($arg),*)
                }
                match $crate::kernels::level() {
                    // SAFETY: the processor has the instructions.
                    $crate::kernels::Level::Avx512 => return unsafe { avx512($($arg),*) },
                    // SAFETY: the processor has the instructions.
                    $crate::kernels::Level::Avx2 => return unsafe { avx2($($arg),*) },
                    $crate::kernels::Level::Portable => {}
                }
            }
            $portable($($arg),*)
        }
    };
}
pub(crate) use widest;

/// What the processor offers beyond the baseline.
#[cfg(target_arch = "x86_64")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Portable,
    Avx2,
    Avx512,
}

/// The widest level this processor has.
#[cfg(target_arch = "x86_64")]
pub(crate) fn level() -> Level {
    use std::sync::OnceLock;
    static LEVEL: OnceLock<Level> = OnceLock::new();
    *LEVEL.get_or_init(|| {
        let avx2 = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("lzcnt")
            && is_x86_feature_detected!("popcnt");
        // The compiler takes the next two for part of AVX-512.
        let avx512 = avx2
            && is_x86_feature_detected!("fma")
            && is_x86_feature_detected!("f16c")
            && is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl");
        match (avx2, avx512) {
            (_, true) => Level::Avx512,
            (true, false) => Level::Avx2,
            _ => Level::Portable,
        }
    })
}
