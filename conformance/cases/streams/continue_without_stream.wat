;;! title = "In a plugin context there is nothing to resume or close"
;;! spec = "proxy_continue_stream"
;;! abi = ["0.2.0", "0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_continue_stream HTTP_REQUEST}}
    {{proxy_continue_stream HTTP_RESPONSE}}
    {{proxy_close_stream HTTP_REQUEST}}
    (i32.const 1)))
