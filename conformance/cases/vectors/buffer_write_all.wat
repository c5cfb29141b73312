;;! title = "Writing (0, 0x7fffffff, new) to \"0123456789\""
;;! spec = "11. Checklist and test vectors"
;;! abi = ["0.2.1"]
;;! shows = ["vector/buffer_write_all"]
;;! dialogue = [{ request = { body = ["0123456789"] } }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_request_body}}
    {{proxy_set_buffer_bytes HTTP_REQUEST_BODY 0 0x7fffffff "new"}}
    {{proxy_get_buffer_bytes HTTP_REQUEST_BODY 0 -1}}
    {{CONTINUE}}))
