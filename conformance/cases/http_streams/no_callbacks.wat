;;! title = "A module without stream callbacks lets everything pass"
;;! spec = "proxy_on_request_headers"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ request = { method = "POST", body = ["one", "two"], trailers = [["t", "1"]] } }, { response = { body = ["three", "four"], trailers = [["u", "2"]] } }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    (nop)
    (i32.const 1)))
