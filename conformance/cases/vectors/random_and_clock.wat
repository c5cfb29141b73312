;;! title = "64 KiB of random bytes at once and no more; no clock 2"
;;! spec = "11. Checklist and test vectors"
;;! abi = ["0.2.1"]
;;! shows = ["vector/random_and_clock"]
;;! dialogue = []
(module {{imports}} {{marker}} {{malloc}}
  (memory (export "memory") 3)
  (func {{export proxy_on_configure}}
    {{random_get 0x10000 65536}}
    {{random_get 0x10000 65537}}
    {{clock_time_get 2 0}}
    (i32.const 1)))
