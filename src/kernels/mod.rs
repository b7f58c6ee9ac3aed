//! Loops over plain slices, compiled for several instruction sets: the machine's widest runs.
//!
//! The only place for `unsafe` and for run-time CPU dispatch. Every kernel is written once, in plain Rust; [`widest`] compiles it
//! again for AVX2 and AVX-512. The portable form is what other processors run, and what tests compare the others with.
#![allow(
    unsafe_code,
    reason = "calls of functions compiled for instructions that were found at run time"
)]

pub(crate) mod distance;
pub(crate) mod elementary;
pub(crate) mod itemsets;
pub(crate) mod lines;
pub(crate) mod pareto;

/// Defines a function that runs the widest of its compiled forms that this processor has, and one that takes the form to run.
macro_rules! widest {
    ($(#[$meta:meta])* fn $name:ident, $at:ident $(<$t:ident: $bound:path>)? ($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)? $body:block) => {
        $crate::kernels::widest! {
            $(#[$meta])* fn $name, $at $(<$t: $bound>)? ($($arg: $ty),*; _fused, _wide) $(-> $ret)? $body
        }
    };
    // With two names after the arguments the body is told whether a multiplication and an addition can be one instruction, and whether vectors have 512 bits
    // and there are 32 of them.
    ($(#[$meta:meta])* fn $name:ident, $at:ident $(<$t:ident: $bound:path>)? ($($arg:ident: $ty:ty),*; $fused:ident, $wide:ident) $(-> $ret:ty)? $body:block) => {
        $(#[$meta])*
        pub(crate) fn $name $(<$t: $bound>)? ($($arg: $ty),*) $(-> $ret)? {
            $at($crate::kernels::level(), $($arg),*)
        }

        fn $at $(<$t: $bound>)? (level: $crate::kernels::Level, $($arg: $ty),*) $(-> $ret)? {
            #[inline(always)]
            fn portable $(<$t: $bound>)? ($($arg: $ty,)* $fused: bool, $wide: bool) $(-> $ret)? $body

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt,fma")]
            fn avx2 $(<$t: $bound>)? ($($arg: $ty),*) $(-> $ret)? {
                portable($($arg,)* true, false)
            }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl")]
            fn avx512 $(<$t: $bound>)? ($($arg: $ty),*) $(-> $ret)? {
                portable($($arg,)* true, true)
            }

            match level.0 {
                // SAFETY: `Level` can only be made where each feature named above was found.
                #[cfg(target_arch = "x86_64")]
                2 => unsafe { avx512($($arg),*) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                1 => unsafe { avx2($($arg),*) },
                _ => portable($($arg,)* false, false),
            }
        }
    };
}
pub(crate) use widest;

/// Which of its forms a kernel runs: 0 the portable one, 1 that for AVX2, 2 that for AVX-512. Only what the processor has can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Level(u8);

/// The widest level this processor has.
pub(crate) fn level() -> Level {
    use std::sync::OnceLock;
    static LEVEL: OnceLock<Level> = OnceLock::new();
    *LEVEL.get_or_init(|| Level(found()))
}

/// Every level this processor has.
#[cfg(test)]
pub(crate) fn levels() -> impl Iterator<Item = Level> {
    (0..=level().0).map(Level)
}

#[cfg(target_arch = "x86_64")]
fn found() -> u8 {
    macro_rules! all {
        ($($feature:tt),*) => { true $(&& is_x86_feature_detected!($feature))* };
    }
    let avx2 = all!("avx2", "bmi1", "bmi2", "lzcnt", "popcnt", "fma");
    // The compiler takes the first for a part of AVX-512.
    let avx512 = all!("f16c", "avx512f", "avx512bw", "avx512dq", "avx512vl");
    u8::from(avx2) + u8::from(avx2 && avx512)
}

#[cfg(not(target_arch = "x86_64"))]
fn found() -> u8 {
    0
}
