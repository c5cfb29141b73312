;;! title = "Is taken note of; memory that has grown is seen by the next host call"
;;! spec = "emscripten_notify_memory_growth"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! shows = ["sdk/toolchain_imports"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_log INFO 0x10000 1}}
    (drop (memory.grow (i32.const 1)))
    {{emscripten_notify_memory_growth 0}}
    {{proxy_log INFO 0x10000 1}}
    (i32.const 1)))
