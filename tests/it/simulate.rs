use patronomy::simulate::*;
#[test]
fn scratch() {
    for n in [500usize, 2000, 8000] {
        for seed in [0, 1, 2] {
            if n == 8000 && seed > 0 {
                continue;
            }
            for d in Difficulty::ALL {
                let t = std::time::Instant::now();
                let shop = ShopParams::new()
                    .difficulty(d)
                    .n_customers(n)
                    .seed(seed)
                    .shop();
                let o = shop.oracle().unwrap();
                print!("{n} {seed} {d:?} {:?}: ", t.elapsed());
                for t in Task::ALL {
                    let s = o.score(t);
                    print!(
                        "{} {:.3}/{:.3}/{:.3}  ",
                        t,
                        s.chance.unwrap_or(f64::NAN),
                        s.score.unwrap_or(f64::NAN),
                        s.clairvoyant.unwrap_or(f64::NAN)
                    );
                }
                println!();
            }
        }
    }
}
