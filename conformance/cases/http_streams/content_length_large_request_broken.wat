;;! title = "A long request that shrinks after its length was sent is given up and answered"
;;! spec = "proxy_set_buffer_bytes"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request = { headers = [["content-length", "100000"]], body = [{ text = "x", times = 50000 }, { text = "x", times = 50000 }] } }]
(module {{prelude}}
  (func {{export proxy_on_request_body}}
    (if (local.get $end_of_stream)
      (then {{proxy_set_buffer_bytes HTTP_REQUEST_BODY 0 1 ""}}))
    {{CONTINUE}}))
