;;! title = "Emscripten's sanitizers are told that there is no JavaScript to ask"
;;! spec = "HaveOffsetConverter"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{HaveOffsetConverter}}
    (i32.const 1)))
