;;! title = "Compares two numbers"
;;! spec = "pthread_equal"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! shows = ["sdk/toolchain_imports"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{pthread_equal 1 1}}
    {{pthread_equal 1 2}}
    (i32.const 1)))
