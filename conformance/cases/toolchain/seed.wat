;;! title = "A random number for AssemblyScript"
;;! spec = "seed"
;;! abi = ["0.2.1"]
;;! shows = ["sdk/toolchain_imports"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    (drop {{result seed}})
    (i32.const 1)))
