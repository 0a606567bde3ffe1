"""A tiny Hugging Face model, made here, scored through transformers."""

import json
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from infoscope.language import load, score

folder = Path("tiny")
alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
words = {symbol: i for i, symbol in enumerate(["<s>", *alphabet])}
tokenizer = Tokenizer(models.BPE(vocab=words, merges=[]))
tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
tokenizer.decoder = decoders.ByteLevel()
PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>").save_pretrained(folder)
torch.manual_seed(0)
LlamaForCausalLM(LlamaConfig(
    vocab_size=len(words), hidden_size=16, intermediate_size=32, num_hidden_layers=1,
    num_attention_heads=2, max_position_embeddings=64, bos_token_id=0,
)).save_pretrained(folder)  # fmt: skip
assert json.loads((folder / "config.json").read_text())["model_type"] == "llama"
assert 4 < score("Ten green bottles.", load(folder)).bits_per_byte.value < 12
